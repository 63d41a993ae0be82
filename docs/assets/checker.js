// The policy checker and the doctor: each page has one element with `data-checker`.
import { podChecker } from "./checker/pod.js";
import { policyChecker } from "./checker/policy.js";

const kinds = { policy: policyChecker, pod: podChecker };
for (const mount of document.querySelectorAll("[data-checker]")) kinds[mount.dataset.checker](mount);
