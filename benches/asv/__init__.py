"""The suite that follows speed and memory from commit to commit; ``make bench`` runs it."""

import sys
from pathlib import Path

# asv imports this directory alone; the workloads stand beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
