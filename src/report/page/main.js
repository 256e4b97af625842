/* Every chart is left out when there is nothing for it. */
rateCharts();
memoryChart();
costCharts();
storageCharts();
mapChart();
votesChart();
courseChart();
outcomesChart();
enhanceTables();
