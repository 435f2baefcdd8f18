// Ranks search results: pages on tasks first, then the calls of Client, then those of AsyncClient.
var Scorer = {
  score: ([docname, title, anchor, description, score]) => {
    if (docname.startsWith("tasks/")) return score + 5;
    return title.includes(".Async") ? score - 6 : score;
  },
  // What follows are Sphinx's own values.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
