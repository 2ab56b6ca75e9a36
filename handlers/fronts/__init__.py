"""Where a function meets the world: HTTP servers, Lambda, jobs, the application's API."""
