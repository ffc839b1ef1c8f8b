"""PDF and PNG by Typst: a source is written once for a shape, rows come as data."""
