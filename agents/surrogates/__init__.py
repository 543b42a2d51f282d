"""Models of what evaluations give: all levels at once, their noise, and the odds of success."""
