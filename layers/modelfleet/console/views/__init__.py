"""What each page shows, computed from stored documents."""
