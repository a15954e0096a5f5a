"""A small HTTP proxy between one worker and the SaaS API: it writes calls down, holds them, and makes them fail."""
