"""What each target makes of a module: pure functions from module to plan to release."""
