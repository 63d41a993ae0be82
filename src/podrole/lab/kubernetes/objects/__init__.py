"""The objects of a cluster: kinds, fields, patches, and where they are kept."""
