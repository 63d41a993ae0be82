"""What happens to an object before it is stored; the pod identity webhook."""
