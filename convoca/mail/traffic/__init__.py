"""Who sends what when: lanes, halts, limits, and the operator's switch."""
