"""Pure science without orchestration: microstructures, their effective properties, and cells."""
