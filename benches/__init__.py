"""Measurements: workloads, rivals, and the suite that follows speed from commit to commit."""
