/* Tables first: laying out the page is cheaper when they are short. Every chart is left out when
 * there is nothing for it. */
enhanceTables();
rateCharts();
memoryChart();
costCharts();
storageCharts();
mapChart();
votesChart();
courseChart();
outcomesChart();
