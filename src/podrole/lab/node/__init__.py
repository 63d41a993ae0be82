"""A worker node: its pods, its metadata service, the Pod Identity Agent."""
