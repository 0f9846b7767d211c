#!/usr/bin/env bash
# A cluster of one machine for the tests: tests/slurm.sh start|stop. Needs root and Debian's slurm-wlm.
set -euo pipefail
conf=/etc/slurm/slurm.conf
mark="# made by Five Views' tests"

start() {
  mkdir -p /etc/slurm /run/munge /tmp/fiveviews-slurm
  chown munge: /run/munge
  pgrep -x munged >/dev/null || su -s /bin/bash munge -c munged
  [ ! -e "$conf" ] || grep -qF "$mark" "$conf" || { echo "$conf is not ours: left alone" >&2; exit 2; }
  cat >"$conf" <<CONF
$mark
ClusterName=fiveviews
SlurmctldHost=$(hostname -s)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
StateSaveLocation=/tmp/fiveviews-slurm
SlurmdSpoolDir=/tmp/fiveviews-slurm/d
SlurmctldPidFile=/tmp/fiveviews-slurm/slurmctld.pid
SlurmdPidFile=/tmp/fiveviews-slurm/slurmd.pid
NodeName=$(hostname -s) CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  slurmctld -c
  slurmd
  for _ in $(seq 50); do
    sinfo -h -o %T 2>/dev/null | grep -q idle && return
    sleep 0.2
  done
  echo "the node did not come up: $(sinfo -h 2>&1)" >&2
  exit 1
}

stop() {
  for name in slurmctld slurmd; do
    [ -e "/tmp/fiveviews-slurm/$name.pid" ] || continue
    pid=$(cat "/tmp/fiveviews-slurm/$name.pid")
    kill "$pid" || continue
    for _ in $(seq 100); do
      [ -e "/proc/$pid" ] || break
      sleep 0.1
    done
  done
  rm -rf /tmp/fiveviews-slurm
  if grep -qF "$mark" "$conf" 2>/dev/null; then rm "$conf"; fi
}

"$@"
