"""The restore drill: what was backed up comes back beside what is live, and is held to account."""
