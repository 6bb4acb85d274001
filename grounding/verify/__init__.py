"""An image becomes evidence: every claim of a scene gets a verdict, with the numbers and boxes it rests on."""
