"""What `atelier demo` shows: each product adds a part to `PARTS`."""
