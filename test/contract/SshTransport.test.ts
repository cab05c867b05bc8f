import { fakeHosts } from "../fixtures/sshFake.ts"
import { realHosts } from "../fixtures/sshHosts.ts"
import { describeWith } from "../support/needs.ts"
import { suite } from "./SshTransport.ts"

suite("SshTransportFake", fakeHosts)

describeWith(["ssh", "sshd", "ssh-keygen", "ssh-agent"], "on real hosts", () => {
  suite("SshTransportOpenSsh", realHosts)
})
