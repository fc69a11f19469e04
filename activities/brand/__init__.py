"""What makes codes look like their owner's: images, logos and style presets."""
