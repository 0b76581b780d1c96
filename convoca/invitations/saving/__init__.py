"""A save or a cancellation, in one transaction: who must be told, beforehand and afterwards."""
