"""The local cloud's child processes: the engine, PostgreSQL and MLflow's interface."""
