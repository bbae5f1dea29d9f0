"""The long trainings of the projects: scripts that stop and go on, and load what they stored."""
