"""The sub-commands of ``acceptance``, a module each. Nothing else imports them."""
