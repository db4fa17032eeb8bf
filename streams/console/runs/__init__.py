"""Long calculations beside the pages: asked for by a form, done by a process of their own, kept by their address."""
