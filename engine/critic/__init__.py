"""The critic: it puts the takes of a job in order, those first that sound most like a composer's."""
