"""What goes to LiveKit, Twilio, Google Cloud and Fly: as files, and as small programs that put them there.

Nothing here runs during a call.
"""
