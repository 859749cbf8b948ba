//! Simulated seals, roads, people and a fake SKP.
