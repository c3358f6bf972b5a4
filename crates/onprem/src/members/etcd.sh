etcd member list
# with an error when one of them does not answer, which is what is asked
etcd endpoint health --cluster -w json 2> /dev/null || :
