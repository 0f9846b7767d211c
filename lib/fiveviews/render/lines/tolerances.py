"""How close is the same: the hairs' breadths that both renderers allow for, in image units."""

EDGE_ON = 1e-9  # a face turned away from the line of sight by less than this is seen edge-on
THIN = 1e-7  # a triangle whose picture is thinner than this hides nothing
POINT = 1e-7  # a line whose picture is shorter than this is a point, and not drawn
BEHIND = 1e-6  # how much nearer than the line a triangle must be to hide it
RIM = 1e-9  # triangles are widened by this, so that no ray passes between two of them
SIMILAR = 0.7  # cosine up to which a facet of a line's own surface counts as its neighbour
