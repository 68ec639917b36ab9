"""What one looks at: learning curves, schedules, the model's table, confusions. Upstream has these in tools/analysis."""
