/** A refusal as text: what was wrong, and how to fix it. Pure. */

/** The problem's own text, with the lists in its extras. */
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
