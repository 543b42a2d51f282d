"""The lab service in the browser and over HTTP: pages, API, and the door they share."""
