"""What Holdline measures of itself. Each module is one command and one question; none is imported by the product."""
