"""What people are told by e-mail: how a mail is written, and where it waits until it is sent."""
