"""How `qaws init` proposes a dialect: it talks to the service in well-known ways, and looks."""
