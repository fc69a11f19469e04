"""Link pages: public pages of links."""
