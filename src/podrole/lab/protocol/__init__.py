"""AWS's wire: requests taken apart, signatures, parameters, answers."""
