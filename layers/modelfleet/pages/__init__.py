"""Building blocks of every page: shell, safe text, charts, content security policy."""
