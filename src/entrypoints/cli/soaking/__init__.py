"""What `atelier soak` is made of; nothing of it is part of the production wiring or schema."""
