/** The sequences that make a terminal reply, as if the user typed: replayed, they would type garbage into the shell. */

const csiQueries = [
  // DA1, DA2, DA3; XTVERSION; DSR and DECXCPR; DECRQM; DECREQTPARM; kitty keyboard; modifyOtherKeys; XTSMGRAPHICS
  /^\x1b\[[>=]?[0-9;]*c$/,
  /^\x1b\[>[0-9;]*q$/,
  /^\x1b\[\??[0-9;]*n$/,
  /^\x1b\[\??[0-9;]*\$p$/,
  /^\x1b\[[01]?x$/,
  /^\x1b\[\?u$/,
  /^\x1b\[\?[0-9;]*m$/,
  /^\x1b\[\?[0-9;]*S$/,
  // DECRQCRA, DECRQPSR, DECRQUPSS, DECRQTSR
  /^\x1b\[[0-9;]*\*y$/,
  /^\x1b\[[0-9;]*\$w$/,
  /^\x1b\[&u$/,
  /^\x1b\[[0-9;]*\$u$/,
  // XTWINOPS reports
  /^\x1b\[(11|13|14|15|16|18|19|20|21)(;[0-9]*)*t$/
]

/** True for a query. `sequence`: from its ESC to its last byte. */
export const isQuery = (sequence: Buffer): boolean => {
  const introducer = sequence[1]
  // DECID
  if (introducer === 0x5a) return true
  const text = sequence.subarray(0, 4096).toString("latin1")
  switch (introducer) {
    case 0x5b:
      return csiQueries.some((query) => query.test(text))
    case 0x5d:
      // OSC colour, palette, font and clipboard requests; iTerm2's reports
      return /^\x1b\](4|5|1[0-9]|2[12]|50|52|60|61);(.*;)?\?/s.test(text) ||
        /^\x1b\]1337;(Report|RequestUpload)/.test(text)
    case 0x50:
      // DECRQSS, XTGETTCAP
      return /^\x1bP[0-9;]*[$+]q/.test(text)
    case 0x5f:
      // kitty graphics: a terminal may reply to all but a transmission that is marked quiet
      return text.startsWith("\x1b_G")
    default:
      return false
  }
}

/** True for a sequence that must not be replayed: clipboard writes, notifications. */
export const isOneTime = (sequence: Buffer): boolean =>
  sequence[1] === 0x5d && /^\x1b\](9|52|99|777|1337);/.test(sequence.subarray(0, 16).toString("latin1"))
