/** A refusal in words: what was wrong, and what of it helps to do it right. Pure. */

/** The problem's own words, with the lists among its extras. */
export function problemWords(problem) {
  if (problem.status === undefined) return `Something went wrong in this page: ${problem.message}`;
  return [problem.words, ...helpful(problem.extras)].join(" ");
}

function helpful(extras) {
  if (Array.isArray(extras.errors))
    return extras.errors.map((error) =>
      [error.detail ?? error.msg, error.pointer].filter(Boolean).join(" at "),
    );
  return [];
}
