"""Custom resources: definitions, schemas, and what they make of objects."""
