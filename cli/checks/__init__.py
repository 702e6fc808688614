"""What `holdline doctor` looks at, a module a part of the product. Every check only looks: it leaves nothing behind."""
