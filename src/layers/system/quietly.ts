/** What is read, or something else where it cannot be: a file that is not there, or not ours to read. */
export const quietly = <A>(read: () => A, otherwise: A): A => {
  try {
    return read()
  } catch {
    return otherwise
  }
}
