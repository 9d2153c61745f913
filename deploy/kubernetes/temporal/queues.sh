#!/bin/sh
# Has KEDA watch the task queues of this image with these settings, of which each hunt has
# one: asks a job for their names, writes them into queues.yaml and applies the folder.
#
#     queues.sh
#
# To be run again after each change of image, hunts or settings that was applied. It needs
# kubectl and the right to make jobs in the namespace; the exit code is 0 if all is done.
set -eu

cd "$(dirname "$0")"
run=queue-$(date -u +%Y%m%d-%H%M%S)
kubectl create job "$run" --namespace sparkless --from=cronjob/sparkless-queue
kubectl wait "job/$run" --namespace sparkless --for=condition=Complete --timeout=120s
# The log has other lines, too. Without a name this ends here, and all stays as it was.
queues=$(kubectl logs "job/$run" --namespace sparkless | grep -Ex 'sparkless-[0-9a-f]+(-[a-z]+)?')
echo "$queues" | awk '
  BEGIN { print "# The task queues that KEDA watches, a trigger for each. Written by queues.sh." }
  NR > 1 { print "- {op: copy, from: /spec/triggers/0, path: /spec/triggers/-}" }
  { print "- {op: add, path: /spec/triggers/" NR - 1 "/metadata/taskQueue, value: " $0 "}" }
' > queues.yaml
kubectl apply -k .
