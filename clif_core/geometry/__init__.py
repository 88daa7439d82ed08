"""Where vectors lie: neighbours, projections, clusters, and how words move."""
