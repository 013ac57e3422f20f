"""What the benchmarks compare with: a bare DRF view that creates one row, and no-op workflows."""
