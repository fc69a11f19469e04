"""Operations on one connection that is rolled back."""
