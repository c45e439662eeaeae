"""The side-by-side comparisons behind docs/performance.md: run them with scripts/bench."""
