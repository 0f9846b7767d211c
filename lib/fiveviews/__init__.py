"""Five Views: renderers and models for learning 3D shape from 2D images."""

import os

# PyTorch's threads spin while they wait, and take the cores from the kernels' own threads: measured
# on two busy cores, 64 silhouettes took 185 to 270 ms with the default and 78 to 89 ms with this.
# It counts where fiveviews is imported before torch; a setting of the user's own stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
