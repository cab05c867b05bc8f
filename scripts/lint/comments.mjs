/** No line of a comment is longer than the formatter lets code be (dprint.json); comments it leaves alone. */
const MOST_COLUMNS = 120

export const comments = {
  meta: { type: "layout", docs: { description: `Comments have ${MOST_COLUMNS} columns at most.` } },
  create(context) {
    return {
      Program() {
        const { sourceCode } = context
        for (const comment of sourceCode.getAllComments()) {
          const { start, end } = comment.loc
          for (let line = start.line; line <= end.line; line++) {
            const columns = sourceCode.lines[line - 1].length
            if (columns > MOST_COLUMNS) {
              context.report({
                node: comment,
                message: `line ${line} has ${columns} columns, ${MOST_COLUMNS} is the most.`
              })
            }
          }
        }
      }
    }
  }
}
