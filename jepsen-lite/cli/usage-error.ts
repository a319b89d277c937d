/** The command line, or a file it names, cannot be meant so. Nothing was tried. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
